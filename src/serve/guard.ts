import { createHash, timingSafeEqual } from "node:crypto";

import { getCookie, setCookie } from "hono/cookie";
import { HTTPException } from "hono/http-exception";
import type { MiddlewareHandler } from "hono";
import { secureHeaders } from "hono/secure-headers";

/** Who may talk to the server. */
export interface Access {
  /** Names and addresses under which it is reached, besides those of the loopback. */
  readonly hosts: readonly string[];
  /** What every request must carry; `undefined` where the server can be reached from this machine only. */
  readonly token: string | undefined;
}

const LOOPBACK = new Set(["localhost", "127.0.0.1", "[::1]"]);
const COOKIE = "oak_token";

/**
 * Refuses requests that a foreign web page makes through the user's browser: those whose Host is not ours (DNS
 * rebinding), and those whose Origin is another.
 */
export function fromHereOnly({ hosts }: Access): MiddlewareHandler {
  const known = new Set([...LOOPBACK, ...hosts.map((host) => (host.includes(":") ? `[${host}]` : host).toLowerCase())]);
  return async (c, next) => {
    const host = c.req.header("host")?.toLowerCase() ?? "";
    const name = host.replace(/:\d+$/, "");
    if (!known.has(name)) throw new HTTPException(421, { message: `this server is not ${name || "without a name"}` });
    const origin = c.req.header("origin");
    if (origin !== undefined && origin.toLowerCase().replace(/^https?:\/\//, "") !== host)
      throw new HTTPException(403, { message: "requests from other web pages are refused" });
    const site = c.req.header("sec-fetch-site");
    const isLink = c.req.method === "GET" && c.req.header("sec-fetch-mode") === "navigate";
    if (site !== undefined && site !== "same-origin" && site !== "none" && !isLink)
      throw new HTTPException(403, { message: "requests from other web pages are refused" });
    await next();
  };
}

/**
 * Lets nobody in without the token: `Authorization: Bearer …`, or `?token=…` once in a browser, which then has a cookie.
 */
export function withTokenOnly({ token }: Access): MiddlewareHandler {
  return async (c, next) => {
    if (token === undefined) return next();
    const asked = c.req.query("token");
    const given = c.req.header("authorization")?.replace(/^bearer\s+/i, "") ?? asked ?? getCookie(c, COOKIE) ?? "";
    if (!isSame(given, token))
      throw new HTTPException(401, {
        message: "the token is missing or wrong: it is printed where the server was started",
      });
    if (asked !== undefined) setCookie(c, COOKIE, token, { httpOnly: true, sameSite: "Strict", path: "/" });
    return next();
  };
}

/** Takes the same time however much of it is right. */
function isSame(given: string, token: string): boolean {
  const digest = (text: string) => createHash("sha256").update(text).digest();
  return timingSafeEqual(digest(given), digest(token));
}

/** No script, style or connection but our own; in no frame; no guessing of types. */
export function ownContentOnly(): MiddlewareHandler {
  return secureHeaders({
    contentSecurityPolicy: {
      defaultSrc: ["'none'"],
      scriptSrc: ["'self'"],
      // Places of bars and lines are computed: they are style attributes.
      styleSrc: ["'self'"],
      styleSrcAttr: ["'unsafe-inline'"],
      imgSrc: ["'self'", "data:"],
      connectSrc: ["'self'"],
      fontSrc: ["'self'"],
      manifestSrc: ["'self'"],
      baseUri: ["'none'"],
      formAction: ["'none'"],
      frameAncestors: ["'none'"],
    },
    xFrameOptions: "DENY",
    referrerPolicy: "no-referrer",
    // Sent over plain HTTP on loopback it would mean nothing.
    strictTransportSecurity: false,
  });
}

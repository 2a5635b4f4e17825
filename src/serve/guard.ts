import { createHash, timingSafeEqual } from "node:crypto";

import type { MiddlewareHandler } from "hono";
import { getCookie, setCookie } from "hono/cookie";
import { HTTPException } from "hono/http-exception";
import { secureHeaders } from "hono/secure-headers";

/** Who may talk to the server. */
export interface Access {
  /** What every request must carry; `undefined` where the server can be reached from this machine only. */
  readonly token: string | undefined;
}

const LOOPBACK = new Set(["localhost", "127.0.0.1", "[::1]"]);

/**
 * Refuses requests that a foreign web page makes through the user's browser: those whose Host is not ours (DNS
 * rebinding), and those that come from a page of another origin. Under which names a server with a token is reached
 * nobody can know; a page that is rebound to it has no token.
 */
export function fromHereOnly({ token }: Access): MiddlewareHandler {
  return async (c, next) => {
    const host = c.req.header("host")?.toLowerCase() ?? "";
    const name = host.replace(/:\d+$/, "");
    if (token === undefined && !LOOPBACK.has(name))
      throw new HTTPException(421, {
        message: `this server answers to localhost, not to ${name || "no name"}: with --token it answers to any name`,
      });
    const origin = c.req.header("origin");
    const isForeign = origin !== undefined && origin.toLowerCase().replace(/^https?:\/\//, "") !== host;
    const site = c.req.header("sec-fetch-site") ?? "none";
    // A link to us, which the user followed, is no request of the page that it stands on.
    const isLink = c.req.method === "GET" && c.req.header("sec-fetch-mode") === "navigate";
    if (isForeign || (site !== "same-origin" && site !== "none" && !isLink))
      throw new HTTPException(403, { message: "requests from other web pages are refused" });
    await next();
  };
}

/**
 * Lets nobody in without the token: `Authorization: Bearer …`, or `?token=…` once in a browser, which then has a cookie
 * and is sent on to the address without it.
 */
export function withTokenOnly({ token }: Access): MiddlewareHandler {
  const cookie = cookieOf(token ?? "");
  return async (c, next) => {
    const url = new URL(c.req.url);
    const asked = url.searchParams.get("token");
    if (token !== undefined) {
      const given = c.req.header("authorization")?.replace(/^bearer\s+/i, "") ?? asked ?? getCookie(c, cookie) ?? "";
      if (!isSame(given, token))
        return c.json({ error: "the token is missing or wrong: it is printed where the server was started" }, 401, {
          "www-authenticate": "Bearer",
        });
    }
    if (asked === null || c.req.method !== "GET") return next();
    if (token !== undefined) setCookie(c, cookie, token, { httpOnly: true, sameSite: "Strict", path: "/" });
    url.searchParams.delete("token");
    // No more than the path: a second slash before it would name another server.
    return c.redirect(`${url.pathname.replace(/^\/+/, "/")}${url.search}`, 303);
  };
}

/** Browsers send a host's cookies to each of its ports: servers with tokens of their own must not share a name. */
function cookieOf(token: string): string {
  return `oak_token_${digest(token).toString("hex").slice(0, 8)}`;
}

function digest(text: string): Buffer {
  return createHash("sha256").update(text).digest();
}

/** Takes the same time however much of it is right. */
function isSame(given: string, token: string): boolean {
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

import fc from "fast-check";
import { describe, expect, it } from "vitest";

import { partsInProtobuf } from "./protobuf-parts.js";
import { decodeProtobuf } from "./protobuf.js";

/** Bytes of a message, and how many messages are in it. */
interface Encoded {
  readonly bytes: Buffer;
  readonly parts: number;
}

function varint(number: number): number[] {
  return number < 128 ? [number] : [(number & 127) | 128, ...varint(number >>> 7)];
}

/** What is delimited by its length: a text, or a message that counts. */
function field(number: number, { bytes, parts }: Encoded, counts = 1): Encoded {
  return {
    bytes: Buffer.concat([Buffer.from([...varint(number * 8 + 2), ...varint(bytes.length)]), bytes]),
    parts: parts + counts,
  };
}

function together(fields: readonly Encoded[]): Encoded {
  return {
    bytes: Buffer.concat(fields.map(({ bytes }) => bytes)),
    parts: fields.reduce((sum, { parts }) => sum + parts, 0),
  };
}

const text = (number: number, value: string) => field(number, { bytes: Buffer.from(value), parts: 0 }, 0);
const time = (number: number) => ({
  bytes: Buffer.from([...varint(number * 8 + 1), 1, 2, 3, 4, 5, 6, 7, 8]),
  parts: 0,
});
const many = (number: number, each: fc.Arbitrary<Encoded>) =>
  fc.array(each, { maxLength: 4 }).map((all) => together(all.map((one) => field(number, one))));

const { value } = fc.letrec<{ value: Encoded; attribute: Encoded }>((tie) => ({
  value: fc.oneof(
    { maxDepth: 3 },
    fc.string().map((string) => text(1, string)),
    fc.nat().map((number) => ({ bytes: Buffer.from([24, ...varint(number)]), parts: 0 })),
    many(1, tie("value")).map((values) => field(5, values)),
    many(1, tie("attribute")).map((values) => field(6, values)),
  ),
  attribute: fc.tuple(fc.string(), tie("value")).map(([key, held]) => together([text(1, key), field(2, held)])),
}));
const attribute = fc.tuple(fc.string(), value).map(([key, held]) => together([text(1, key), field(2, held)]));
const event = fc.tuple(fc.string(), many(3, attribute)).map(([name, all]) => together([time(1), text(2, name), all]));
const span = fc
  .tuple(fc.string(), many(9, attribute), many(11, event))
  .map(([name, ...inner]) => together([text(5, name), time(7), ...inner]));
const scope = fc.tuple(attribute, many(2, span)).map(([one, spans]) => together([field(1, field(3, one)), spans]));
const request = many(
  1,
  fc.tuple(attribute, many(2, scope)).map(([one, scopes]) => together([field(1, field(1, one)), scopes])),
);

describe("the messages in a request of OTLP's protobuf", () => {
  it("are counted without decoding it", () => {
    fc.assert(
      fc.property(request, ({ bytes, parts }) => {
        expect(partsInProtobuf(bytes, "traces", 1_000_000)).toBe(parts);
        expect(partsInProtobuf(bytes, "traces", 3)).toBe(Math.min(parts, 4));
        expect(() => decodeProtobuf(bytes, "traces")).not.toThrow();
      }),
    );
  });

  it("are counted as far as it can be read, whatever the bytes", () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 200 }), (bytes) => {
        expect(partsInProtobuf(bytes, "logs", 1000)).toBeLessThanOrEqual(100);
      }),
    );
  });
});

import { Field, type IConversionOptions, Root, Type } from "protobufjs/light";

import { type Message, type MessageName, MESSAGES } from "./messages";

/** Turns one message into bytes and back. */
export interface Codec<N extends MessageName> {
  encode(message: Partial<Message<N>>): Buffer;
  /** @throws Error for bytes that are no such message */
  decode(bytes: Buffer): Message<N>;
}

const CONVERSION: IConversionOptions = { longs: String, defaults: true, arrays: true, bytes: Buffer };

let root: Root | undefined;

function rootOfMessages(): Root {
  const all = new Root();
  for (const [name, fields] of Object.entries(MESSAGES)) {
    const type = new Type(name);
    for (const [field, [id, kind, rule]] of Object.entries<readonly [number, string, string?]>(fields))
      type.add(new Field(field, id, kind, rule));
    all.add(type);
  }
  all.resolveAll();
  return all;
}

/** The codec of a message; the types are made from the rows when the first one is asked for. */
export function codecOf<N extends MessageName>(name: N): Codec<N> {
  root ??= rootOfMessages();
  const type = root.lookupType(name);
  return {
    encode: (message) => Buffer.from(type.encode(type.fromObject(message)).finish()),
    // The rows that made the type are those of `Message`.
    decode: (bytes) => type.toObject(type.decode(bytes), CONVERSION) as Message<N>,
  };
}

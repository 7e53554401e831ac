import console from "node:console";

import { ResourceProviderService } from "@pulumi/pulumi/proto/provider_grpc_pb";

/** Field 3 of ReadRequest (pulumi/provider.proto), with an empty message in it. */
const NO_PROPERTIES = Buffer.from([(3 << 3) | 2, 0]);

/**
 * What Pulumi's provider server (`pulumi.provider.main`, v3.245) leaves out, put into the readers of its requests
 * before it serves. A newer server that does it itself does no harm.
 */
export function completeProtocol(onConfigure: (configuration: Record<string, unknown>) => void): void {
  const { configure, read } = ResourceProviderService;

  // The server drops the configuration of the provider.
  const readConfigure = configure.requestDeserialize;
  configure.requestDeserialize = (bytes) => {
    const request = readConfigure(bytes);
    onConfigure(request.getArgs()?.toJavaScript() ?? {});
    return request;
  };

  // An import has no properties, and the server takes them for granted.
  const readRead = read.requestDeserialize;
  read.requestDeserialize = (bytes) => {
    const request = readRead(bytes);
    return request.hasProperties() ? request : readRead(Buffer.concat([bytes, NO_PROPERTIES]));
  };

  // The server prints the stack of every error that it also answers with.
  const print = console.error.bind(console);
  console.error = (...words: unknown[]): void => {
    if (!String(words[0]).startsWith("PkiError: ")) print(...words);
  };
}

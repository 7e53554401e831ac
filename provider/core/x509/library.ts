// @peculiar/x509 wires its algorithms through tsyringe, which asks for this polyfill to be loaded first.
import "reflect-metadata";

export * from "@peculiar/x509";

// Preloaded into every Node process of an operation: writes a line to TALOS_PKI_TEST_KEYS for each key that is made.
const crypto = require("node:crypto");
const { appendFileSync } = require("node:fs");

const file = process.env.TALOS_PKI_TEST_KEYS;
const wrap = (object, name) => {
  const real = object[name];
  object[name] = function (...args) {
    appendFileSync(file, `${name} ${JSON.stringify(args[0])}\n`);
    return real.apply(this, args);
  };
};

if (file !== undefined) {
  wrap(Object.getPrototypeOf(crypto.webcrypto.subtle), "generateKey");
  wrap(crypto, "generateKeyPair");
  wrap(crypto, "generateKeyPairSync");
}

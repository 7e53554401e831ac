export { type Issuance, type Kind, planCertificate } from "./plan";
export { issuanceInputs, ISSUED_OUTPUTS, issuedOutputs, lifetimeOutputs, readCertificate, REMEMBERED } from "./rows";
export { type Signer, SIGNER_INPUTS, signerInputProblems } from "./signer";

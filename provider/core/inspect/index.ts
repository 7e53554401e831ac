export { authoritiesOf, type NamedAuthority } from "./authorities";
export { describeFinding, type Finding } from "./findings";
export { type CertificateReport, inspectCertificate } from "./inspectCertificate";
export { type ChainPurpose } from "./purposes";
export { type CertificatesInput, type ChainVerdict, verifyChain, type VerifyChainOptions } from "./verifyChain";

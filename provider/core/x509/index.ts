export { type KeyAlgorithm, KEY_ALGORITHMS } from "./algorithms";
export { type Authority, authorityProblems, parseAuthority } from "./authority";
export {
  type Certificate,
  fingerprintOf,
  keyFits,
  type KeyUsage,
  parseCertificate,
  parseCertificates,
} from "./certificate";
export { type CertificateRequest, parseCertificateRequest } from "./certificateRequest";
export {
  type AuthorityInput,
  type ClientCertificateOptions,
  issueClientCertificate,
  TALOS_CLIENT_COMMON_NAME,
} from "./clientCertificate";
export { type IssuedCertificate } from "./leaf";
export { formatPem, parsePem, type PemBlock } from "./pem";
export { generatePrivateKey, parsePrivateKey, type PrivateKey } from "./privateKey";
export { type CertificateProfile, type ProfileName, PROFILES } from "./profiles";
export { type Role, ROLES } from "./roles";
export {
  issueServerCertificate,
  type ServerCertificateOptions,
  signCertificateRequest,
  type SignRequestOptions,
  TALOS_NODE_COMMON_NAME,
} from "./serverCertificate";
export { isDnsName, type SubjectAltNames } from "./subjectAltNames";

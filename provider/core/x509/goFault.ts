import { DerFault } from "./der";

/** What Go says of a certificate that it does not read; the words complete "the certificate …". */
export class GoFault extends DerFault {}

import { ROTATION_REQUESTS } from "../core/lifecycle/rotation";
import { MACHINE_TYPES } from "../core/secrets/types";
import { KEY_ALGORITHMS } from "../core/x509/algorithms";
import { ROLES } from "../core/x509/roles";
import { namedEnumOf } from "../engine/rows";

/** Enumerations that are a type of their own in the SDKs. */
export const TALOS_ROLE = namedEnumOf(
  { name: "TalosRole", description: "A role of the Talos API.", code: "ERR_ROLE_UNKNOWN" },
  ROLES,
);
export const KEY_ALGORITHM = namedEnumOf(
  { name: "KeyAlgorithm", description: "A kind of private key." },
  KEY_ALGORITHMS,
);
export const MACHINE_TYPE = namedEnumOf({ name: "MachineType", description: "The role of a machine." }, MACHINE_TYPES);
export const ROTATION_STAGE = namedEnumOf(
  { name: "RotationStage", description: "A stage of a staged rotation, or `auto`." },
  ROTATION_REQUESTS,
);

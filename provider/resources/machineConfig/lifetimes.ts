import { CA_NAMES, INVENTORY } from "../../core/secrets/inventory";
import { joinPath } from "../../core/secrets/read";
import type { MachineType } from "../../core/secrets/types";
import { lifeStage, type Lifetime, lifetimeWarnings } from "../../core/secrets/validate";
import type { Warning } from "../../core/errors";
import type { DecodeContext } from "../../engine/decode";
import type { PreviewInputs } from "../../engine/rows";
import { isKnown, knownOr } from "../../engine/unknown";
import type { ClusterSecrets } from "../clusterSecrets";
import { ACCEPTED_INPUTS, type INPUTS } from "./inputs";

/** A CA of the inputs. */
interface Place {
  readonly path: string;
  readonly certificate: Lifetime;
  /** Whether another resource warns in time that it comes near its end. */
  readonly isWatched: boolean;
}

/** CAs past their end or near it. None of it rejects the config: only time has passed. */
export function expiryWarnings(inputs: PreviewInputs<typeof INPUTS>, now: Date, context: DecodeContext): Warning[] {
  const { secrets, machineType } = inputs;
  const places = [
    ...(isKnown(secrets) && isKnown(machineType) ? placesOfSecrets(secrets, machineType, context) : []),
    ...ACCEPTED_INPUTS.flatMap((name) =>
      (knownOr(inputs[name]) ?? []).flatMap(({ certificates, isFromAcceptedCA }, index) =>
        certificates.map((certificate): Place => ({
          path: `${name}[${index}]`,
          certificate,
          isWatched: isFromAcceptedCA,
        })),
      ),
    ),
  ];
  return places
    .filter(({ certificate, isWatched }) => !isWatched || lifeStage(certificate, now) === "over")
    .flatMap(({ certificate, path }) => lifetimeWarnings(certificate, now, path));
}

function placesOfSecrets(
  { decoded, acceptedCAs, isFromTalosSecrets: isWatched }: ClusterSecrets,
  machineType: MachineType,
  { pems }: DecodeContext,
): Place[] {
  const part = decoded.forMachine(machineType);
  const issuing = CA_NAMES.toSorted((a, b) => INVENTORY[a].position - INVENTORY[b].position).flatMap((name) =>
    part.ca(name).certificates.map((certificate) => ({
      path: joinPath("secrets", [...INVENTORY[name].talosctl.split("."), "crt"]),
      certificate,
      isWatched,
    })),
  );
  const accepted = CA_NAMES.filter(
    (name) => machineType === "controlplane" || INVENTORY[name].worker !== "nothing",
  ).flatMap((name) =>
    acceptedCAs[name].map((pem, index) => {
      const path = `secrets.acceptedCAs.${name}[${index}]`;
      return { path, certificate: pems.certificate(pem, path), isWatched };
    }),
  );
  return [...issuing, ...accepted];
}

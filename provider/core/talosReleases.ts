/** What `talosctl gen config` of the releases of one Talos minor writes when nothing is pinned. */
export interface TalosReleases {
  /** Repository of the installer image; the tag is the release itself. */
  readonly installer: string;
  /** Newest patch release that this package knows. */
  readonly newestPatch: number;
  /** Default Kubernetes version by the first patch release that has it, ascending. */
  readonly kubernetes: readonly (readonly [sincePatch: number, version: string])[];
}

const INSTALLER = "ghcr.io/siderolabs/installer";

/** From 1.14 the installer comes from the image factory; this is the schematic without extensions. */
const FACTORY_INSTALLER =
  "factory.talos.dev/metal-installer/376567988ad370138ad8b2698212367b8edcb69b5fd68c80be1f2ec7d603b4ba";

/**
 * The known releases by minor. Source: siderolabs/talos, `DefaultKubernetesVersion` in
 * pkg/machinery/constants/constants.go at every release tag.
 */
export const TALOS_RELEASES: ReadonlyMap<number, TalosReleases> = new Map([
  [
    6,
    {
      installer: INSTALLER,
      newestPatch: 8,
      kubernetes: [
        [0, "1.29.0"],
        [3, "1.29.1"],
        [5, "1.29.2"],
        [7, "1.29.3"],
        [8, "1.29.7"],
      ],
    },
  ],
  [
    7,
    {
      installer: INSTALLER,
      newestPatch: 7,
      kubernetes: [
        [0, "1.30.0"],
        [2, "1.30.1"],
        [6, "1.30.3"],
        [7, "1.30.5"],
      ],
    },
  ],
  [
    8,
    {
      installer: INSTALLER,
      newestPatch: 4,
      kubernetes: [
        [0, "1.31.1"],
        [2, "1.31.2"],
        [4, "1.31.4"],
      ],
    },
  ],
  [
    9,
    {
      installer: INSTALLER,
      newestPatch: 6,
      kubernetes: [
        [0, "1.32.0"],
        [3, "1.32.1"],
        [4, "1.32.2"],
        [5, "1.32.3"],
        [6, "1.32.4"],
      ],
    },
  ],
  [
    10,
    {
      installer: INSTALLER,
      newestPatch: 9,
      kubernetes: [
        [0, "1.33.0"],
        [3, "1.33.1"],
        [5, "1.33.2"],
        [6, "1.33.3"],
        [7, "1.33.4"],
        [8, "1.33.6"],
      ],
    },
  ],
  [
    11,
    {
      installer: INSTALLER,
      newestPatch: 6,
      kubernetes: [
        [0, "1.34.0"],
        [2, "1.34.1"],
      ],
    },
  ],
  [
    12,
    {
      installer: INSTALLER,
      newestPatch: 11,
      kubernetes: [
        [0, "1.35.0"],
        [5, "1.35.2"],
        [7, "1.35.4"],
      ],
    },
  ],
  [
    13,
    {
      installer: INSTALLER,
      newestPatch: 9,
      kubernetes: [
        [0, "1.36.0"],
        [3, "1.36.1"],
        [5, "1.36.2"],
        [9, "1.36.3"],
      ],
    },
  ],
  [14, { installer: FACTORY_INSTALLER, newestPatch: 1, kubernetes: [[0, "1.37.0"]] }],
]);

/** The programs of servers that keep states: a path, or why there is none. */
export interface Found<Path> {
  readonly found?: Path;
  readonly why?: string;
  /** True where this machine cannot get it: what needs it is skipped even where tools are required. */
  readonly unobtainable?: boolean;
}

/** The folder with PostgreSQL's server programs: `initdb`, `postgres`, `psql`. */
export function findPostgres(env?: NodeJS.ProcessEnv): Found<string>;

/** The S3 server that was built. */
export function findS3Server(env?: NodeJS.ProcessEnv): Found<string>;

/** The stand-in for AWS KMS that was installed. */
export function findKeyService(): Promise<Found<string>>;

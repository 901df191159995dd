import type { Ended } from './command-failed.ts';
import type { FileReader, Identity, LiveReader } from './host.ts';

/**
 * The port of the health checks: what may be asked of this host and of the network. It changes nothing. What is found
 * is an answer, also a refusal, and every answer comes within the limit that the asker gives; only what could not be
 * asked at all (a file that cannot be read) throws.
 */
export interface Probes {
  http(asked: HttpAsked): Promise<HttpAnswer>;
  tcp(host: string, port: number, timeoutMs: number): Promise<Opened>;
  /** What keepalived says of its instances. */
  vrrp(timeoutMs: number): Promise<VrrpAnswer>;
  /** What HAProxy's master process says of its last reload. `unit`: whose main process it is. */
  haproxy(unit: string, timeoutMs: number): Promise<HaproxyAnswer>;
  /** The worker processes of nginx that take new connections. `unit`: whose main process is their master. */
  nginx(unit: string): Promise<NginxAnswer>;
  /** Who listens on a TCP port of this host. Throws when that cannot be seen. */
  listeners(port: number): Promise<readonly Listener[]>;
  /** Who else answers ARP for an address that this host holds on `interfaceName`. */
  otherOwners(interfaceName: string, address: string): Promise<ArpAnswer>;
  /** Runs a command of the user's and says how it ended. */
  command(argv: readonly string[], timeoutMs: number): Promise<Ended>;
  readonly live: LiveReader;
  readonly files: Pick<FileReader, 'read' | 'text' | 'stamp'>;
  addresses(): Identity['addresses'];
  /** The Git remote: throws when it does not answer. `null`: there is none. */
  readonly remote: { readonly shown: string; ask(timeoutMs: number): Promise<void> } | null;
}

/** One GET on a connection of its own. Nothing is sent that would matter to a stranger, so the answer is taken first and the certificate judged beside it. */
export type HttpAsked = {
  readonly scheme: 'http' | 'https';
  /** Where the connection goes: an address or a name. */
  readonly host: string;
  readonly port: number;
  readonly path: string;
  /** Whom the certificate must name; it is also what the request is for (Host, SNI). */
  readonly name: string;
  /** A file with the certificates to trust; `null`: those that Node brings. */
  readonly caFile: string | null;
  readonly timeoutMs: number;
};

export type HttpAnswer = {
  readonly reply: { readonly status: number; readonly body: string } | { readonly failed: string };
  readonly certificate: Certificate;
};
/** `unseen`: the connection did not get that far, or there is no TLS. `noCa`: the file does not exist. */
export type Certificate = 'good' | 'unseen' | 'noCa' | { readonly problem: string };

export type Opened = 'open' | { readonly failed: string };

export type VrrpAnswer =
  /** `down`: keepalived does not run (a clause says so), so there is nobody to ask. */
  | { readonly down: string }
  /** It runs and did not answer. */
  | { readonly silent: string }
  | { readonly instances: readonly VrrpInstance[] };

export type VrrpState = 'INIT' | 'BACKUP' | 'MASTER' | 'FAULT' | 'unknown';
export type VrrpInstance = {
  readonly name: string;
  readonly state: VrrpState;
  readonly routerId: number;
  readonly priority: number;
  /** Without prefix length. */
  readonly addresses: readonly string[];
  /** Seconds since 1970, when it last changed its state or (2.3.3, measured) was last configured anew. */
  readonly lastTransition: number;
};

export type HaproxyAnswer =
  | { readonly down: string }
  | { readonly silent: string }
  /** It has no master socket, so nobody can tell. */
  | { readonly noSocket: true }
  | {
      /** Reloads since the master process started, those that failed included. */
      readonly reloads: number;
      /** How many of the last reloads failed in a row. */
      readonly failed: number;
      /** Whether a worker runs that the last reload started. */
      readonly workerOfLastReload: boolean;
      /** What HAProxy said against the last configuration, when it failed. */
      readonly alerts: readonly string[];
    };

export type NginxAnswer =
  | { readonly down: string }
  /** Each tells its process from every other one since the boot. */
  | { readonly workers: readonly string[] };

export type Listener = {
  /** Without port; `null`: every address of this host. */
  readonly address: string | null;
  readonly program: string;
  /** Tells the process from every other one that this host has ever run: ids are given again. */
  readonly process: string;
};

export type ArpAnswer = { readonly others: readonly string[] } | { readonly unknown: string };

import { agentFile, type AgentFile } from './config-schema.ts';
import { check } from './desired/check.ts';
import { aboutFile, type Diagnostic } from './desired/diagnostics.ts';
import { parseYaml } from './desired/yaml-source.ts';
import { addressOf } from './host/git-remote.ts';
import type { Signers } from './host/git-signers.ts';

/** /etc/holdfast/agent.yaml, defaults filled in. */
export type AgentConfig = {
  readonly repository: {
    readonly url: string;
    /** `url` as it may be shown: without a password or a token. */
    readonly shownUrl: string;
    /** Its host's name or address; `null`: a path. */
    readonly server: string | null;
    readonly branch: string;
    /** The folder that holds cluster.yaml. */
    readonly path: string;
    readonly sshKey: string | undefined;
    readonly knownHosts: string | undefined;
    readonly caFile: string | undefined;
  };
  /** A cron expression; six fields: the first is seconds. */
  readonly schedule: string;
  readonly splayMs: number;
  /** `null`: the system's own. */
  readonly hostname: string | null;
  /** Where the private key is that opens this host's secrets. */
  readonly identity: string;
  readonly status: { readonly port: number };
  /** Whose signature a commit must carry; `null`: nobody's. */
  readonly verify: VerifyConfig | null;
};

export type VerifyConfig = {
  readonly mode: 'head' | 'every';
  readonly signers: Signers;
  /** Where a host begins that has accepted no commit yet. */
  readonly pin: string | null;
};

/** `config` is null exactly when there are diagnostics. `file` is only what they call it. */
export function parseAgentConfig(
  text: string,
  file: string,
): { readonly config: AgentConfig | null; readonly diagnostics: readonly Diagnostic[] } {
  const { value, diagnostics } = parseAgentFile(text, file);
  return { config: value === null ? null : configOf(value), diagnostics };
}

/** As it is written, with the defaults: keys and values of the file. `value` is null exactly when there are diagnostics. */
export function parseAgentFile(
  text: string,
  file: string,
): { readonly value: AgentFile | null; readonly diagnostics: readonly Diagnostic[] } {
  const { source, diagnostics } = parseYaml(file, text);
  if (source === null)
    return {
      value: null,
      diagnostics:
        diagnostics.length > 0
          ? diagnostics
          : [
              aboutFile(
                file,
                'says nothing, so this host is not configured yet. Write repository: { url: "git@git.home:state.git" }.',
              ),
            ],
    };
  return check<AgentFile>(agentFile, source);
}

function configOf({
  repository,
  schedule,
  splay,
  hostname,
  identity,
  status,
  verify,
}: AgentFile): AgentConfig {
  const { url, branch, path, sshKey, knownHosts, caFile } = repository;
  const { shown: shownUrl, host: server } = addressOf(url);
  return {
    repository: { url, shownUrl, server, branch, path, sshKey, knownHosts, caFile },
    schedule,
    splayMs: splay,
    hostname: hostname ?? null,
    identity,
    status,
    verify: verify === undefined ? null : verifyOf(verify),
  };
}

const verifyOf = (verify: NonNullable<AgentFile['verify']>): VerifyConfig => ({
  mode: verify.mode,
  signers: {
    allowedSigners: verify.allowedSigners ?? null,
    revocationFile: verify.revocationFile ?? null,
    openpgpKeys: verify.openpgpKeys ?? null,
  },
  pin: verify.commit ?? null,
});

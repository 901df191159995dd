import { EXIT, type Environment } from './environment.ts';
import { openConfig } from './open-config.ts';
import { placesUnder } from './places.ts';

export type IdentityOptions = {
  readonly new?: boolean;
  readonly identity?: string;
  readonly config?: string;
};

/**
 * `holdfast secret identity`: the public half of this host's key, and nothing else, so that it can be handed on. The
 * key is made where there is none; one that is there is never replaced, for what is encrypted to it would be lost.
 */
export async function secretIdentityCommand(
  options: IdentityOptions,
  environment: Environment,
): Promise<number> {
  const { machine, out, err } = environment;
  const path = identityPath(options, environment);
  const there = machine.readIdentities(path) ?? [];
  const age = await machine.openAge();
  let [identity] = there;
  if (identity === undefined || options.new === true) {
    identity = await age.newIdentity();
    await machine.writeIdentities(path, identity, await age.publicHalf(identity), there);
    err(`${path} is new. This is its public half, for: holdfast secret recipients add HOST KEY\n`);
  }
  out(`${await age.publicHalf(identity)}\n`);
  return EXIT.ok;
}

/** What is asked for, what agent.yaml says, or where it is by default. */
export function identityPath({ identity, config }: IdentityOptions, environment: Environment): string {
  if (identity !== undefined) return identity;
  const places = placesUnder(undefined, config);
  return openConfig(places.config, environment, true)?.identity ?? places.identity;
}

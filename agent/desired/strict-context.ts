import { closest } from './did-you-mean.ts';

/** `it.x.nope` in a template: JavaScript would print "undefined" into a configuration file. */
export class UndefinedVariable extends Error {
  override readonly name = 'UndefinedVariable';
  /** The last part of the name, to point at. */
  readonly key: string;
  constructor(path: string, key: string, known: readonly string[]) {
    const meant = closest(key, known);
    const all = known.map((name) => memberOf(path, name)).join(', ');
    const hint = meant === null ? all && ` Known here: ${all}.` : ` Did you mean ${memberOf(path, meant)}?`;
    super(`undefined template variable ${memberOf(path, key)}.${hint}`);
    this.key = key;
  }
}

/** Asked for by JSON.stringify and by eta itself, and absent for good reason. */
const MAY_BE_ABSENT = new Set(['toJSON', '__blocks']);

/**
 * Makes values strict, and all that is in them: reading what is not there throws, and so does writing, because the
 * next template would see it. `onRead` is told the path of every plain value that is read, whichever way a template
 * comes to it (a loop, a copy, an include, JSON.stringify).
 */
export function strictly(onRead: (path: string) => void): <T extends object>(value: T) => T {
  // A value that is reached twice is wrapped once, so that it stays equal to itself.
  const wrapped = new WeakMap<object, object>();
  const proxies = new WeakSet();
  return <T extends object>(value: T): T => wrap(value, 'it') as T;

  function wrap(inner: object, path: string): object {
    const known = proxies.has(inner) ? inner : wrapped.get(inner);
    if (known) return known;
    const refuse = (): never => {
      throw new TypeError(`${path} cannot be changed. Copy it first, as in [...${path}].`);
    };
    const proxy = new Proxy(inner, {
      get: (target, key) => member(target, key, path),
      deleteProperty: refuse,
      // Setting a member comes here too.
      defineProperty: refuse,
    });
    wrapped.set(inner, proxy);
    proxies.add(proxy);
    return proxy;
  }

  function member(target: object, key: string | symbol, path: string): unknown {
    const found: unknown = Reflect.get(target, key);
    if (typeof key === 'symbol' || (Array.isArray(target) && key in Array.prototype)) return found;
    if (!Object.hasOwn(target, key)) {
      if (MAY_BE_ABSENT.has(key)) return undefined;
      if (key === 'toString' || key === 'valueOf')
        throw new TypeError(`${path} is not a text. Name one of its keys.`);
      throw new UndefinedVariable(path, key, Array.isArray(target) ? [] : Object.keys(target));
    }
    if (typeof found === 'function') return found;
    if (typeof found === 'object' && found !== null) return wrap(found, memberOf(path, key));
    onRead(memberOf(path, key));
    return found;
  }
}

function memberOf(path: string, key: string): string {
  if (/^\d+$/.test(key)) return `${path}[${key}]`;
  return /^[A-Za-z_$][\w$]*$/.test(key) ? `${path}.${key}` : `${path}[${JSON.stringify(key)}]`;
}

import { limits } from '../limits.ts';

/**
 * A folder that has a node_modules folder: where a package of some name is looked for first, then in the folders above, as Node.js does.
 * https://nodejs.org/api/modules.html#loading-from-node_modules-folders
 */
export class Place<T> {
  readonly #above: Place<T> | null;
  readonly #inside = new Map<string, Place<T>>();
  readonly #depth: number;
  entry: T | undefined;

  constructor(above: Place<T> | null = null) {
    this.#above = above;
    this.#depth = above === null ? 0 : above.#depth + 1;
  }

  /** The place of that name in this one's node_modules, made when it is not there; undefined below `lockDepthMax`. */
  inside(name: string): Place<T> | undefined {
    const known = this.#inside.get(name);
    if (known !== undefined) return known;
    if (this.#depth >= limits.lockDepthMax) return undefined;
    const made = new Place<T>(this);
    this.#inside.set(name, made);
    return made;
  }

  /** What a package at this place gets when it asks for that name. As deep as `lockDepthMax` at most. */
  find(name: string): T | undefined {
    return this.#inside.get(name)?.entry ?? this.#above?.find(name);
  }
}

/** A JSON object of foreign making: its keys are looked up with {@link fieldOf} only, so `__proto__` is a key like any other. */
export type JsonObject = { readonly [key: string]: unknown };

const decoder = new TextDecoder('utf-8');

/** The bytes as one JSON object, or undefined when they are anything else. A byte order mark is skipped, as npm does. */
export function parseJsonObject(bytes: Uint8Array): JsonObject | undefined {
  try {
    return toObject(JSON.parse(decoder.decode(bytes)));
  } catch {
    return undefined;
  }
}

/** The bytes as one JSON value of any kind, or undefined when they are none. */
export function parseJson(bytes: Uint8Array): unknown {
  try {
    return JSON.parse(decoder.decode(bytes));
  } catch {
    return undefined;
  }
}

export function toObject(value: unknown): JsonObject | undefined {
  return typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as JsonObject) : undefined;
}

export function fieldOf(object: JsonObject, key: string): unknown {
  return Object.hasOwn(object, key) ? object[key] : undefined;
}

export function stringOf(object: JsonObject, key: string): string | undefined {
  const value = fieldOf(object, key);
  return typeof value === 'string' ? value : undefined;
}

export function objectOf(object: JsonObject, key: string): JsonObject | undefined {
  return toObject(fieldOf(object, key));
}

/** The list at `key`; empty where there is none. */
export function listOf(object: JsonObject, key: string): readonly unknown[] {
  const value = fieldOf(object, key);
  return Array.isArray(value) ? value : [];
}

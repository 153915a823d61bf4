export const xmlLimits = {
  /** Open elements within each other. */
  depthMax: 64,
  /** Text of one element that is handed over; what is longer is cut. */
  textCharsMax: 16 * 1024,
  /** Breaches of the XML grammar that are read over; old Maven took `&oslash;` and the like. */
  errorsMax: 100,
} as const;

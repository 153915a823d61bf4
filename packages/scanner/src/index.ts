export type { LayerBytes, OpenedImage, SourceLayer } from './source.ts';

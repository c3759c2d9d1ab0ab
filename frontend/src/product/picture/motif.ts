import type { ReactElement } from 'react';
import type { Palette } from './palette';

/** Draws one thing that stands on the floor at y = 0 with its middle at x = 0, about 150 wide and high. */
export type Motif = (palette: Palette, between: (least: number, most: number) => number) => ReactElement;

/** A motif, and the words in a name that ask for it. */
export type NamedMotif = { words: RegExp; draw: Motif };

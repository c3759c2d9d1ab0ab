import type { ReactElement } from 'react';
import type { Palette } from './palette';

/** Draws an object about 150 wide and high that stands on the floor (y = 0), centred at x = 0. */
export type Motif = (palette: Palette, between: (min: number, max: number) => number) => ReactElement;

/** A motif, and the words of a product name that select it. */
export type NamedMotif = { words: RegExp; draw: Motif };

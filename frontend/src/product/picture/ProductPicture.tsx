import { memo } from 'react';
import { electronics } from './electronics';
import { furniture } from './furniture';
import { kitchen } from './kitchen';
import type { Motif, NamedMotif } from './motif';
import { others } from './others';
import { type Palette, paletteFrom } from './palette';
import { seededRandom } from './seededRandom';

const motifsByCategory: Record<string, NamedMotif[]> = { electronics, furniture, kitchen };
const allMotifs = [...electronics, ...kitchen, ...furniture, ...others];

type Props = { name: string; categories: readonly string[] };

/** A picture generated from the name and the categories of a product, so that each product always has its own. */
export const ProductPicture = memo(function Picture({ name, categories }: Props) {
  const next = seededRandom(name);
  const between = (min: number, max: number) => Number((min + next() * (max - min)).toFixed(1));
  const palette = paletteFrom(next);
  const draw = motifFor(name, categories, next());
  const scale = between(0.92, 1.08);
  return (
    <svg
      className="product-picture"
      viewBox="0 0 320 240"
      preserveAspectRatio="xMidYMid slice"
      aria-hidden="true"
    >
      <rect width={320} height={240} fill={palette.wall} />
      <Backdrop palette={palette} between={between} />
      <rect y={190} width={320} height={50} fill={palette.floor} />
      <ellipse cx={160} cy={201} rx={between(84, 98)} ry={8} fill={palette.deep} opacity={0.22} />
      <g transform={`translate(${between(152, 168)} 200) scale(${scale})`}>{draw(palette, between)}</g>
    </svg>
  );
});

/** The motif that matches a word of the name, or else a random one of the category. */
export function motifFor(name: string, categories: readonly string[], random: number): Motif {
  const match = allMotifs.find((motif) => motif.words.test(name));
  if (match !== undefined) {
    return match.draw;
  }
  const motifs =
    categories.map((category) => motifsByCategory[category]).find((found) => found !== undefined) ?? others;
  return (motifs[Math.floor(random * motifs.length)] ?? motifs[0] ?? others[0])?.draw ?? circle;
}

const circle: Motif = (palette) => <circle cy={-60} r={60} fill={palette.main} />;

type BackdropProps = { palette: Palette; between: (min: number, max: number) => number };

function Backdrop({ palette, between }: BackdropProps) {
  const x = between(90, 230);
  const size = between(64, 92);
  switch (Math.floor(between(0, 3.99))) {
    case 0:
      return <circle cx={x} cy={between(90, 130)} r={size} fill={palette.shape} />;
    case 1:
      return (
        <path
          d={`M${x - size} 190 V${190 - size} a${size} ${size} 0 0 1 ${size * 2} 0 V190z`}
          fill={palette.shape}
        />
      );
    case 2:
      return (
        <path
          d={`M0 ${between(110, 150)} Q${x} ${between(30, 90)} 320 ${between(100, 160)} V190 H0z`}
          fill={palette.shape}
        />
      );
    default:
      return (
        <g fill={palette.shape}>
          <rect x={x - size} y={between(24, 50)} width={size * 1.2} height={166} />
          <circle cx={x + size} cy={between(50, 80)} r={between(18, 30)} />
        </g>
      );
  }
}

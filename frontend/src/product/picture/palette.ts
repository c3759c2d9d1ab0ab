export type Palette = {
  wall: string;
  shape: string;
  floor: string;
  main: string;
  deep: string;
  light: string;
  accent: string;
};

const schemes = [
  { wall: 38, main: 172, accent: 14 },
  { wall: 200, main: 18, accent: 44 },
  { wall: 150, main: 34, accent: 350 },
  { wall: 18, main: 206, accent: 42 },
  { wall: 260, main: 44, accent: 172 },
  { wall: 48, main: 352, accent: 190 },
  { wall: 186, main: 268, accent: 30 },
  { wall: 340, main: 158, accent: 38 },
  { wall: 96, main: 222, accent: 20 },
] as const;

export function paletteFrom(next: () => number): Palette {
  const scheme = schemes[Math.floor(next() * schemes.length)] ?? schemes[0];
  const turn = (next() - 0.5) * 22;
  const hue = (base: number) => ((base + turn + 360) % 360).toFixed(1);
  const depth = 40 + next() * 10;
  return {
    wall: `hsl(${hue(scheme.wall)} 48% 87%)`,
    shape: `hsl(${hue(scheme.wall)} 46% ${(76 + next() * 5).toFixed(1)}%)`,
    floor: `hsl(${hue(scheme.wall)} 30% 71%)`,
    main: `hsl(${hue(scheme.main)} 46% ${depth.toFixed(1)}%)`,
    deep: `hsl(${hue(scheme.main)} 48% ${(depth - 17).toFixed(1)}%)`,
    light: `hsl(${hue(scheme.main)} 42% ${(depth + 26).toFixed(1)}%)`,
    accent: `hsl(${hue(scheme.accent)} 74% 58%)`,
  };
}

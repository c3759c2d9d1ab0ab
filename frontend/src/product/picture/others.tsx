import type { Motif, NamedMotif } from './motif';

const parcel: Motif = (p, between) => {
  const half = between(54, 66);
  const high = between(78, 98);
  return (
    <>
      <rect x={-half} y={-high} width={half * 2} height={high} rx={6} fill={p.main} />
      <rect x={-half - 6} y={-high - 16} width={half * 2 + 12} height={26} rx={6} fill={p.deep} />
      <rect x={between(-30, 14)} y={-high - 16} width={18} height={high + 16} fill={p.accent} />
      <path
        d={`M-4 ${-high - 16} c-44 -34 -36 8 0 0 c36 8 44 -34 0 0`}
        fill="none"
        stroke={p.accent}
        strokeWidth={8}
      />
    </>
  );
};

const plant: Motif = (p, between) => {
  const lean = between(-14, 14);
  return (
    <>
      <path
        d={`M0 -52 Q${lean} -90 ${lean} -${between(120, 140).toFixed(1)}`}
        fill="none"
        stroke={p.deep}
        strokeWidth={5}
      />
      <path
        d={`M0 -64 q-62 -10 -${between(52, 66).toFixed(1)} -56 q54 -6 60 46 M2 -72 q58 -14 ${between(50, 62).toFixed(1)} -60 q-50 -2 -58 44`}
        fill={p.main}
      />
      <path d={`M${lean} -108 q-18 -30 4 -44 q22 14 4 44z`} fill={p.light} />
      <path d={`M-36 -54 H36 L${between(22, 30)} 0 H-${between(22, 30).toFixed(1)}z`} fill={p.accent} />
    </>
  );
};

const books: Motif = (p, between) => {
  const widths = [between(110, 136), between(92, 120), between(100, 128), between(70, 100)];
  const fills = [p.deep, p.accent, p.main, p.light];
  return (
    <>
      {widths.map((width, index) => (
        <g key={fills[index]} transform={`translate(${between(-10, 10)} ${-index * 26})`}>
          <rect x={-width / 2} y={-25} width={width} height={24} rx={4} fill={fills[index]} />
          <rect x={-width / 2 + 12} y={-25} width={7} height={24} fill={p.wall} opacity={0.7} />
        </g>
      ))}
    </>
  );
};

const bag: Motif = (p, between) => {
  const half = between(48, 58);
  return (
    <>
      <path
        d={`M-20 -108 q0 -${between(28, 40).toFixed(1)} 20 -34 t20 34`}
        fill="none"
        stroke={p.deep}
        strokeWidth={9}
      />
      <path
        d={`M${-half + 8} -112 H${half - 8} L${half} -12 q0 12 -12 12 H${12 - half} q-12 0 -12 -12z`}
        fill={p.main}
      />
      <path
        d={`M${-half + 14} -52 h${half * 2 - 28} v38 q0 6 -6 6 H${20 - half} q-6 0 -6 -6z`}
        fill={p.deep}
      />
      <rect x={-9} y={-60} width={18} height={between(14, 22)} rx={5} fill={p.accent} />
      <path
        d={`M${-half + 10} -${between(88, 96).toFixed(1)} H${half - 10}`}
        stroke={p.light}
        strokeWidth={6}
        strokeDasharray="10 6"
      />
    </>
  );
};

const toy: Motif = (p, between) => {
  const ball = between(26, 33);
  return (
    <>
      <rect x={-72} y={-56} width={56} height={56} rx={7} fill={p.main} />
      <rect
        x={-58}
        y={-104}
        width={48}
        height={48}
        rx={7}
        fill={p.accent}
        transform={`rotate(${between(-10, 8)} -34 -80)`}
      />
      <circle cx={between(30, 42)} cy={-ball} r={ball} fill={p.deep} />
      <path
        d={`M${between(14, 26)} ${-ball * 2} q26 ${ball} 8 ${ball * 2}`}
        fill="none"
        stroke={p.light}
        strokeWidth={6}
      />
    </>
  );
};

export const others: NamedMotif[] = [
  { words: /plant|flower|\btrees?\b|garden/, draw: plant },
  { words: /book|paper|diary|atlas|novel/, draw: books },
  { words: /bags?\b|rucksack|case\b|purse|luggage/, draw: bag },
  { words: /\btoys?\b|ball\b|\bgames?\b|puzzle/, draw: toy },
  { words: /\bbox|parcel|gift|\bset\b/, draw: parcel },
];

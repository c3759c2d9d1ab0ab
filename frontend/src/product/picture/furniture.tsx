import type { Motif, NamedMotif } from './motif';

const armchair: Motif = (p, between) => {
  const back = between(104, 126);
  const half = between(44, 52);
  return (
    <>
      <path d={`M${-half} -22 V${-back + 24} q0 -24 24 -24 H${half - 24} q24 0 24 24 V-22z`} fill={p.main} />
      <rect x={-half - 20} y={-74} width={32} height={60} rx={15} fill={p.deep} />
      <rect x={half - 12} y={-74} width={32} height={60} rx={15} fill={p.deep} />
      <rect x={-half + 8} y={-50} width={half * 2 - 16} height={30} rx={11} fill={p.light} />
      <rect
        x={between(-20, -6)}
        y={-82}
        width={32}
        height={32}
        rx={7}
        fill={p.accent}
        transform={`rotate(${between(-12, 14)} 6 -66)`}
      />
      <path
        d={`M${-half - 6} -16 l-4 16 M${half + 6} -16 l4 16`}
        stroke={p.deep}
        strokeWidth={8}
        strokeLinecap="round"
      />
    </>
  );
};

const lamp: Motif = (p, between) => {
  const lean = between(-26, 26);
  const shade = between(40, 52);
  return (
    <>
      <path d={`M0 -6 Q${lean} -60 0 -104`} fill="none" stroke={p.deep} strokeWidth={7} />
      <path
        d={`M${-shade} -92 l${shade * between(0.4, 0.6)} -54 H${shade * 0.5} L${shade} -92z`}
        fill={p.accent}
      />
      <path d={`M${-shade} -92 H${shade} l26 88 H${-shade - 26}z`} fill={p.light} opacity={0.28} />
      <ellipse cy={-4} rx={between(30, 38)} ry={7} fill={p.main} />
    </>
  );
};

const table: Motif = (p, between) => {
  const half = between(72, 86);
  const spread = between(6, 20);
  return (
    <>
      <path
        d={`M${-half + 18} -66 L${-half + 18 - spread} 0 M${half - 18} -66 L${half - 18 + spread} 0`}
        stroke={p.deep}
        strokeWidth={9}
        strokeLinecap="round"
      />
      <rect x={-half} y={-78} width={half * 2} height={15} rx={7} fill={p.main} />
      <path d={`M${between(-36, -22)} -78 l-4 -${between(28, 40).toFixed(1)} h30 l-4 40z`} fill={p.accent} />
      <path d="M-20 -108 q-10 -30 8 -44 q16 16 6 44 M-12 -110 q22 -34 40 -22 q-4 22 -36 26" fill={p.light} />
    </>
  );
};

const shelf: Motif = (p, between) => {
  const half = between(48, 60);
  const books = [0, 1, 2, 3].map((each) => ({
    x: -half + 12 + each * 15,
    high: between(24, 36),
    fill: [p.accent, p.light, p.deep, p.light][each],
  }));
  return (
    <>
      <rect x={-half} y={-146} width={half * 2} height={146} rx={6} fill={p.main} />
      <path
        d={`M${8 - half} -138 h${half * 2 - 16} v38 h${16 - half * 2}z M${8 - half} -92 h${half * 2 - 16} v40 h${16 - half * 2}z M${8 - half} -44 h${half * 2 - 16} v36 h${16 - half * 2}z`}
        fill={p.deep}
        opacity={0.55}
      />
      {books.map((book) => (
        <rect
          key={book.x}
          x={book.x}
          y={-52 - book.high}
          width={11}
          height={book.high}
          rx={2}
          fill={book.fill}
        />
      ))}
      <circle cx={between(0, 24)} cy={-113} r={13} fill={p.accent} />
      <path d={`M${between(-20, 10)} -8 v-24 h26 v24z`} fill={p.light} />
    </>
  );
};

const sofa: Motif = (p, between) => {
  const half = between(72, 84);
  return (
    <>
      <rect x={-half + 8} y={-between(84, 96)} width={half * 2 - 16} height={70} rx={18} fill={p.main} />
      <rect x={-half - 6} y={-62} width={30} height={54} rx={14} fill={p.deep} />
      <rect x={half - 24} y={-62} width={30} height={54} rx={14} fill={p.deep} />
      <rect x={-half + 22} y={-42} width={half - 24} height={28} rx={9} fill={p.light} />
      <rect x={2} y={-42} width={half - 24} height={28} rx={9} fill={p.light} />
      <circle cx={between(-40, 30)} cy={-60} r={15} fill={p.accent} />
      <path
        d={`M${-half + 14} -10 v10 M${half - 14} -10 v10`}
        stroke={p.deep}
        strokeWidth={8}
        strokeLinecap="round"
      />
    </>
  );
};

export const furniture: NamedMotif[] = [
  { words: /chair|stool|\bseat/, draw: armchair },
  { words: /lamp|\blights?\b|lantern/, draw: lamp },
  { words: /\btables?\b|desk|bench/, draw: table },
  { words: /shel(?:f|ves)|cabinet|cupboard|wardrobe|drawer|bookcase/, draw: shelf },
  { words: /sofa|couch|\bbeds?\b|settee/, draw: sofa },
];

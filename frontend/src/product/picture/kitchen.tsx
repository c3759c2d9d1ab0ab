import type { Motif, NamedMotif } from './motif';

const cutlery: Motif = (p, between) => {
  const gap = between(36, 46);
  const top = -between(132, 146);
  return (
    <>
      <rect x={-5} y={top} width={10} height={-top} rx={5} fill={p.main} />
      <ellipse cy={top + 18} rx={between(15, 19)} ry={26} fill={p.main} />
      <path
        d={`M${-gap - 16} ${top} v34 q0 14 11 16 V-6 q0 6 5 6 t5 -6 V${top + 50} q11 -2 11 -16 V${top} h-6 v30 h-5 V${top} h-10 v30 h-5 V${top}z`}
        fill={p.deep}
      />
      <path
        d={`M${gap - 4} ${top - 4} q22 ${between(16, 34)} 16 84 h-8 V-6 q0 6 -4 6 t-4 -6z`}
        fill={p.accent}
      />
    </>
  );
};

const cup: Motif = (p, between) => {
  const half = between(40, 50);
  const high = between(70, 86);
  return (
    <>
      <path
        d={`M${half - 6} ${-high + 14} c${between(36, 46)} -4 40 50 -4 44`}
        fill="none"
        stroke={p.deep}
        strokeWidth={11}
      />
      <path
        d={`M${-half} ${-high - 4} H${half} L${half - 8} -18 q-3 12 -16 12 H${-half + 24} q-13 0 -16 -12z`}
        fill={p.main}
      />
      <path
        d={`M${-half + 3} ${-high + between(16, 30)} h${half * 2 - 6} l-1 ${between(7, 13)} h${-half * 2 + 9}z`}
        fill={p.accent}
      />
      <rect x={-half - 24} y={-8} width={half * 2 + 48} height={8} rx={4} fill={p.deep} />
      <path
        d={`M${between(-20, -10)} ${-high - 16} q-10 -14 0 -26 t0 -22 M${between(10, 22)} ${-high - 16} q-10 -14 0 -26`}
        fill="none"
        stroke={p.light}
        strokeWidth={6}
        strokeLinecap="round"
      />
    </>
  );
};

const bowl: Motif = (p, between) => {
  const half = between(62, 74);
  const fruit = between(20, 25);
  return (
    <>
      <circle cx={-between(22, 34)} cy={-76} r={fruit} fill={p.accent} />
      <circle cx={between(16, 30)} cy={-80} r={fruit + 3} fill={p.light} />
      <circle cx={between(-6, 4)} cy={-88} r={fruit - 2} fill={p.deep} />
      <path
        d={`M${-half} -70 H${half} C${half} -24 ${half - 30} -8 ${half - 46} -8 H${46 - half} C${30 - half} -8 ${-half} -24 ${-half} -70z`}
        fill={p.main}
      />
      <rect x={-half / 2} y={-9} width={half} height={9} rx={4} fill={p.deep} />
    </>
  );
};

const pot: Motif = (p, between) => {
  const half = between(56, 68);
  const high = between(64, 78);
  return (
    <>
      <path
        d={`M${-half - 20} ${-high + 14} h20 v14 h-20z M${half} ${-high + 14} h20 v14 h-20z`}
        fill={p.deep}
      />
      <path d={`M${-half} ${-high} H${half} V-16 q0 16 -16 16 H${16 - half} q-16 0 -16 -16z`} fill={p.main} />
      <path d={`M${-half - 4} ${-high} q${half} ${-between(26, 44)} ${half * 2 + 8} 0z`} fill={p.light} />
      <circle cy={-high - between(20, 26)} r={9} fill={p.accent} />
      <rect x={-half + 12} y={-high + 14} width={10} height={high - 34} rx={5} fill={p.light} />
    </>
  );
};

const bottle: Motif = (p, between) => {
  const half = between(24, 31);
  return (
    <>
      <path
        d={`M-10 -150 h20 v${between(26, 38)} q${half - 8} 16 ${half - 10} 40 V-8 q0 8 -8 8 H${8 - half} q-8 0 -8 -8 V-80 q-2 -24 ${half - 10} -40z`}
        fill={p.main}
      />
      <rect x={-half} y={-66} width={half * 2} height={between(30, 42)} fill={p.light} />
      <rect x={-12} y={-156} width={24} height={14} rx={4} fill={p.accent} />
      <path d={`M${half + 16} -54 h34 l-5 46 q-1 8 -12 8 t-12 -8z`} fill={p.deep} opacity={0.85} />
    </>
  );
};

export const kitchen: NamedMotif[] = [
  { words: /cutlery|fork|spoon|kni(?:fe|ves)|ladle|whisk/, draw: cutlery },
  { words: /\b(?:tea)?cups?\b|\bmugs?\b|\btea\b|coffee|espresso/, draw: cup },
  { words: /bowl|\bplates?\b|\bdish(?:es)?\b|salad/, draw: bowl },
  { words: /\b(?:tea)?pots?\b|\b(?:sauce)?pans?\b|kettle|casserole|\bwoks?\b|cooker/, draw: pot },
  { words: /bottle|carafe|\bjugs?\b|\boil\b|\bglass\b|decanter/, draw: bottle },
];

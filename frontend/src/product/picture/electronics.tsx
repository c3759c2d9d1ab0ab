import type { Motif, NamedMotif } from './motif';

const laptop: Motif = (p, between) => {
  const half = between(62, 76);
  const high = between(78, 94);
  return (
    <>
      <rect x={-half} y={-high - 10} width={half * 2} height={high} rx={7} fill={p.deep} />
      <rect x={-half + 7} y={-high - 3} width={half * 2 - 14} height={high - 14} rx={3} fill={p.light} />
      <path
        d={`M${-half + 7} ${-18} L${between(-30, 20)} ${-high + 12} L${half - 7} ${-24} V-17 H${-half + 7}z`}
        fill={p.main}
      />
      <circle cx={half - between(24, 40)} cy={-high + between(14, 22)} r={between(6, 11)} fill={p.accent} />
      <path d={`M${-half - 16} -10 H${half + 16} L${half + 8} 0 H${-half - 8}z`} fill={p.main} />
    </>
  );
};

const headphones: Motif = (p, between) => {
  const half = between(46, 56);
  const cup = between(34, 46);
  const top = -between(124, 140);
  return (
    <>
      <path
        d={`M${-half} -44 C${-half - 6} ${top} ${half + 6} ${top} ${half} -44`}
        fill="none"
        stroke={p.deep}
        strokeWidth={between(9, 13)}
        strokeLinecap="round"
      />
      <rect x={-half - 17} y={-30 - cup} width={30} height={cup + 24} rx={14} fill={p.main} />
      <rect x={half - 13} y={-30 - cup} width={30} height={cup + 24} rx={14} fill={p.main} />
      <rect x={-half + 3} y={-24 - cup} width={15} height={cup + 12} rx={7} fill={p.accent} />
      <rect x={half - 18} y={-24 - cup} width={15} height={cup + 12} rx={7} fill={p.accent} />
    </>
  );
};

const phone: Motif = (p, between) => {
  const half = between(33, 39);
  const tilt = between(-8, 8);
  return (
    <g transform={`rotate(${tilt} 0 -70)`}>
      <rect x={-half} y={-142} width={half * 2} height={140} rx={12} fill={p.deep} />
      <rect x={-half + 5} y={-135} width={half * 2 - 10} height={126} rx={8} fill={p.light} />
      <circle cx={between(-12, 12)} cy={between(-104, -86)} r={between(16, 24)} fill={p.accent} />
      <path
        d={`M${-half + 5} ${between(-58, -44)} Q0 ${between(-90, -60)} ${half - 5} ${between(-56, -36)} V-17 q0 8 -8 8 H${-half + 13} q-8 0 -8 -8z`}
        fill={p.main}
      />
    </g>
  );
};

const speaker: Motif = (p, between) => {
  const half = between(38, 50);
  const big = between(22, 29);
  return (
    <>
      <rect x={-half} y={-140} width={half * 2} height={138} rx={between(8, 24)} fill={p.main} />
      <circle cy={-46} r={big} fill={p.deep} />
      <circle cy={-46} r={big * between(0.35, 0.6)} fill={p.light} />
      <circle cy={-106} r={between(12, 17)} fill={p.deep} />
      <circle cy={-106} r={6} fill={p.accent} />
    </>
  );
};

const camera: Motif = (p, between) => {
  const lens = between(28, 35);
  return (
    <>
      <rect x={-72} y={-92} width={144} height={92} rx={14} fill={p.main} />
      <path d={`M${between(-30, -22)} -92 l9 -18 h36 l9 18z`} fill={p.deep} />
      <rect x={-72} y={-74} width={144} height={between(10, 18)} fill={p.deep} />
      <circle cy={-44} r={lens} fill={p.light} />
      <circle cy={-44} r={lens - 10} fill={p.deep} />
      <circle cx={-6} cy={-50} r={5} fill={p.light} />
      <circle cx={52} cy={-83} r={between(4, 6)} fill={p.accent} />
    </>
  );
};

export const electronics: NamedMotif[] = [
  { words: /laptop|notebook|computer|keyboard/, draw: laptop },
  { words: /headphone|headset|\bear(?:s|buds?|phones?|pieces?)?\b/, draw: headphones },
  { words: /phone|\btablet|\breader/, draw: phone },
  { words: /speaker|radio|sound|amplifier/, draw: speaker },
  { words: /camera|lens|webcam|projector/, draw: camera },
];

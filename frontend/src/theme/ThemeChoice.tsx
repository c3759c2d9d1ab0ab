import { type ThemeChoice as Choice, useThemeChoice } from './theme';

const choices: [Choice, string][] = [
  ['light', 'Light'],
  ['dark', 'Dark'],
  ['system', 'Automatic'],
];

export function ThemeChoice() {
  const [current, choose] = useThemeChoice();
  return (
    <fieldset className="theme-choice">
      <legend className="visually-hidden">Colours</legend>
      {choices.map(([choice, label]) => (
        <button key={choice} type="button" aria-pressed={choice === current} onClick={() => choose(choice)}>
          {label}
        </button>
      ))}
    </fieldset>
  );
}

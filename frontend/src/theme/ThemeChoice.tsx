import { type ThemeChoice as Choice, useThemeChoice } from './theme';

const choices: [Choice, string][] = [
  ['light', 'Light'],
  ['dark', 'Dark'],
  ['system', 'Automatic'],
];

export function ThemeChoice() {
  const [chosen, choose] = useThemeChoice();
  return (
    <fieldset className="theme-choice">
      <legend className="visually-hidden">Colours</legend>
      {choices.map(([choice, words]) => (
        <button key={choice} type="button" aria-pressed={choice === chosen} onClick={() => choose(choice)}>
          {words}
        </button>
      ))}
    </fieldset>
  );
}

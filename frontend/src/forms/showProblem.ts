import type { FieldValues, Path, UseFormSetError } from 'react-hook-form';
import { ApiProblem, sentencesFor } from '../api/problem';

type Places<Values extends FieldValues> = {
  fields: readonly Path<Values>[];
  /** Problems that name no field but are about one, by the last part of their type. */
  types?: Partial<Record<string, Path<Values>>>;
};

/** Puts what the shop refused beside the field it is about; the rest goes to the form as a whole. */
export function showProblem<Values extends FieldValues>(
  error: unknown,
  setError: UseFormSetError<Values>,
  places: Places<Values>,
): void {
  const placed = error instanceof ApiProblem ? placeFields(error, setError, places) : false;
  if (!placed) {
    setError('root', { message: sentencesFor(error) });
  }
}

function placeFields<Values extends FieldValues>(
  problem: ApiProblem,
  setError: UseFormSetError<Values>,
  { fields, types = {} }: Places<Values>,
): boolean {
  const byType = types[problem.type.split('/').at(-1) ?? ''];
  if (byType !== undefined) {
    setError(byType, { message: problem.message }, { shouldFocus: true });
    return true;
  }
  let placed = false;
  for (const { field, message } of problem.fields) {
    const place = fields.find((name) => field === name || field.split(/[.[]/).includes(name));
    if (place !== undefined) {
      setError(place, { message: sentence(message) }, { shouldFocus: !placed });
      placed = true;
    }
  }
  return placed;
}

/** The shop says "must have at least 8 characters" of a field that the page names itself. */
function sentence(message: string): string {
  const words = /^(?:must|is|has|cannot) /.test(message) ? `This ${message}` : message;
  return /[.!?]$/.test(words) ? words : `${words}.`;
}

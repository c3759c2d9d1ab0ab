import { useId } from 'react';
import type { FieldError, UseFormRegisterReturn } from 'react-hook-form';
import { FieldMistake } from './Field';

type Props = {
  label: string;
  rows: number;
  error: FieldError | undefined;
  registration: UseFormRegisterReturn;
};

export function TextField({ label, rows, error, registration }: Props) {
  const id = useId();
  return (
    <div className="field">
      <label htmlFor={id} className="form-label">
        {label}
      </label>
      <textarea
        id={id}
        rows={rows}
        className={error ? 'form-control is-invalid' : 'form-control'}
        aria-invalid={error !== undefined}
        aria-describedby={error ? `${id}-error` : undefined}
        {...registration}
      />
      <FieldMistake id={`${id}-error`} error={error} />
    </div>
  );
}

import { type InputHTMLAttributes, useId } from 'react';
import type { FieldError, UseFormRegisterReturn } from 'react-hook-form';

type Props = {
  label: string;
  hint?: string;
  error: FieldError | undefined;
  registration: UseFormRegisterReturn;
} & Pick<InputHTMLAttributes<HTMLInputElement>, 'type' | 'autoComplete' | 'inputMode' | 'maxLength'>;

/** A labelled input whose mistake is said beside it. */
export function Field({ label, hint, error, registration, ...input }: Props) {
  const id = useId();
  const described = [hint && `${id}-hint`, error && `${id}-error`].filter(Boolean).join(' ');
  return (
    <div className="field">
      <label htmlFor={id} className="form-label">
        {label}
      </label>
      <input
        id={id}
        className={error ? 'form-control is-invalid' : 'form-control'}
        aria-invalid={error !== undefined}
        aria-describedby={described || undefined}
        {...input}
        {...registration}
      />
      {hint && (
        <p id={`${id}-hint`} className="form-text">
          {hint}
        </p>
      )}
      <FieldMistake id={`${id}-error`} error={error} />
    </div>
  );
}

type Mistake = { message?: string | undefined };

export function FieldMistake({ id, error }: { id: string; error: Mistake | undefined }) {
  return (
    error && (
      <p id={id} className="mistake">
        {error.message}
      </p>
    )
  );
}

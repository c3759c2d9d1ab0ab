import { type InputHTMLAttributes, useId } from 'react';
import type { FieldError, UseFormRegisterReturn } from 'react-hook-form';

type Props = {
  label: string;
  hint?: string;
  /** Makes it a text area of this height. */
  rows?: number;
  error: FieldError | undefined;
  registration: UseFormRegisterReturn;
} & Pick<InputHTMLAttributes<HTMLInputElement>, 'type' | 'autoComplete' | 'inputMode' | 'maxLength'>;

/** A labelled input with its error. */
export function Field({ label, hint, rows, error, registration, ...input }: Props) {
  const id = useId();
  const describedBy = [hint && `${id}-hint`, error && `${id}-error`].filter(Boolean).join(' ');
  const control = {
    id,
    className: error ? 'form-control is-invalid' : 'form-control',
    'aria-invalid': error !== undefined,
    'aria-describedby': describedBy || undefined,
  };
  return (
    <div className="field">
      <label htmlFor={id} className="form-label">
        {label}
      </label>
      {rows === undefined ? (
        <input {...control} {...input} {...registration} />
      ) : (
        <textarea {...control} rows={rows} {...registration} />
      )}
      {hint && (
        <p id={`${id}-hint`} className="form-text">
          {hint}
        </p>
      )}
      <ErrorText id={`${id}-error`} error={error} />
    </div>
  );
}

type ErrorTextProps = { id: string; error: { message?: string | undefined } | undefined };

export function ErrorText({ id, error }: ErrorTextProps) {
  return (
    error && (
      <p id={id} className="error-text">
        {error.message}
      </p>
    )
  );
}

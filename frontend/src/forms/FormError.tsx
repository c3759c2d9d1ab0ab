/** An error of the form as a whole. The container is always rendered, so that screen readers announce changes. */
export function FormError({ message }: { message: string | undefined }) {
  return <div role="alert">{message !== undefined && <p className="form-error">{message}</p>}</div>;
}

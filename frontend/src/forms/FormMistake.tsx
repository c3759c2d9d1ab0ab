/** What is wrong with a form as a whole. */
export function FormMistake({ message }: { message: string | undefined }) {
  return <div role="alert">{message !== undefined && <p className="form-mistake">{message}</p>}</div>;
}

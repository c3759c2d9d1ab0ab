import Button from 'react-bootstrap/Button';
import { sentencesFor } from '../api/problem';

type Props = { error: unknown; what: string; retry: () => void };

/** Stands where something could not be loaded. */
export function Trouble({ error, what, retry }: Props) {
  return (
    <div className="quiet-state" role="alert">
      <h2>{what} could not be loaded</h2>
      <p>{sentencesFor(error)}</p>
      <Button onClick={retry}>Try again</Button>
    </div>
  );
}

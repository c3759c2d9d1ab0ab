import { Link } from 'react-router';
import { displayName } from './displayName';

type Props = { name: string; className?: string };

/** The name of a product, which links to its page. */
export function ProductLink({ name, className = '' }: Props) {
  return (
    <Link to={`/products/${encodeURIComponent(name)}`} className={className}>
      {displayName(name)}
    </Link>
  );
}

import { Link } from 'react-router';
import { EmptyState } from '../product/EmptyState';

export default function NotFoundPage() {
  return (
    <EmptyState
      title="Page not found"
      picture="chair"
      heading="Page not found"
      text="The address may be wrong, or the page may have been removed."
    >
      <p>
        You can also go to <Link to="/cart">your cart</Link> or <Link to="/orders">your orders</Link>.
      </p>
    </EmptyState>
  );
}

import { Link } from 'react-router';

export function BackToOrders() {
  return (
    <p className="product-back">
      <Link to="/orders">← All your orders</Link>
    </p>
  );
}

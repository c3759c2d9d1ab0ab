import { stockOf } from './stock';

export function StockNote({ quantity }: { quantity: number }) {
  const stock = stockOf(quantity);
  return <span className={`stock stock-${stock.level}`}>{stock.text}</span>;
}

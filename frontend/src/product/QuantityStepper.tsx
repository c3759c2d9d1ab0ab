import { useId, useState } from 'react';

type Props = {
  label: string;
  quantity: number;
  max: number;
  change: (quantity: number) => void;
};

/**
 * A number input with a button on each side. At a limit a button is `aria-disabled`, not `disabled`, so that it
 * keeps the focus.
 */
export function QuantityStepper({ label, quantity, max, change }: Props) {
  const id = useId();
  const [typed, setTyped] = useState<string | null>(null);
  const commit = () => {
    const wanted = Number.parseInt(typed ?? '', 10);
    if (Number.isFinite(wanted)) {
      change(Math.min(max, Math.max(1, wanted)));
    }
    setTyped(null);
  };
  return (
    <div className="stepper">
      <button
        type="button"
        aria-label={`Decrease quantity: ${label}`}
        aria-disabled={quantity <= 1}
        onClick={() => quantity > 1 && change(quantity - 1)}
      >
        −
      </button>
      <label htmlFor={id} className="visually-hidden">
        Quantity: {label}
      </label>
      <input
        id={id}
        inputMode="numeric"
        autoComplete="off"
        size={3}
        value={typed ?? quantity}
        onChange={(event) => setTyped(event.target.value.replaceAll(/\D/g, '').slice(0, 10))}
        onBlur={commit}
        onKeyDown={(event) => event.key === 'Enter' && commit()}
      />
      <button
        type="button"
        aria-label={`Increase quantity: ${label}`}
        aria-disabled={quantity >= max}
        onClick={() => quantity < max && change(quantity + 1)}
      >
        +
      </button>
    </div>
  );
}

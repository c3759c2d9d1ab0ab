import { useId, useState } from 'react';

type Props = {
  label: string;
  quantity: number;
  most: number;
  change: (quantity: number) => void;
};

/**
 * A number with a button on each side; it can be typed too. At an end a button does nothing but stays
 * where it is, so that whoever pressed it does not lose their place.
 */
export function QuantityStepper({ label, quantity, most, change }: Props) {
  const id = useId();
  const [typed, setTyped] = useState<string | null>(null);
  const settle = () => {
    const wanted = Number.parseInt(typed ?? '', 10);
    if (Number.isFinite(wanted)) {
      change(Math.min(most, Math.max(1, wanted)));
    }
    setTyped(null);
  };
  return (
    <div className="stepper">
      <button
        type="button"
        aria-label={`Fewer: ${label}`}
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
        onBlur={settle}
        onKeyDown={(event) => event.key === 'Enter' && settle()}
      />
      <button
        type="button"
        aria-label={`More: ${label}`}
        aria-disabled={quantity >= most}
        onClick={() => quantity < most && change(quantity + 1)}
      >
        +
      </button>
    </div>
  );
}

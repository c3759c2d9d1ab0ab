import { render, screen } from '@testing-library/react';
import userEvent from '@testing-library/user-event';
import { describe, expect, it, vi } from 'vitest';
import { QuantityStepper } from './QuantityStepper';

function renderStepper(quantity: number, max: number) {
  const change = vi.fn<(quantity: number) => void>();
  render(<QuantityStepper label="Chair" quantity={quantity} max={max} change={change} />);
  return { change, user: userEvent.setup(), input: screen.getByRole('textbox', { name: 'Quantity: Chair' }) };
}

describe('the quantity stepper', () => {
  it('given the minimum and the maximum, when a button is pressed there, then the quantity and the focus stay', async () => {
    const { change, user } = renderStepper(1, 1);
    for (const name of ['Decrease quantity: Chair', 'Increase quantity: Chair']) {
      const button = screen.getByRole('button', { name });
      await user.click(button);
      expect(button).toHaveAttribute('aria-disabled', 'true');
      expect(button).toHaveFocus();
    }
    expect(change).not.toHaveBeenCalled();
  });

  it('given a typed number, when the field loses the focus, then the quantity is limited to the maximum', async () => {
    const { change, user, input } = renderStepper(1, 30);
    await user.clear(input);
    await user.type(input, '4x5');
    expect(change).not.toHaveBeenCalled();
    await user.tab();
    expect(change).toHaveBeenLastCalledWith(30);
  });

  it('given an empty field, when Enter is pressed, then the quantity stays', async () => {
    const { change, user, input } = renderStepper(7, 30);
    await user.clear(input);
    await user.keyboard('{Enter}');
    expect(change).not.toHaveBeenCalled();
    expect(input).toHaveValue('7');
  });
});

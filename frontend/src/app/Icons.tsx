const shapes = {
  cart: (
    <path d="M5 8h14l-1 11.500a1.500 1.500 0 0 1-1.500 1.500h-9A1.500 1.500 0 0 1 6 19.500zM8.500 10.500V7a3.500 3.500 0 0 1 7 0v3.500" />
  ),
  orders: <path d="M12 3l8 4.200v9.600L12 21l-8-4.200V7.200zM4 7.200l8 4.300 8-4.300M12 11.500V21" />,
  person: (
    <>
      <circle cx={12} cy={8} r={3.8} />
      <path d="M4.500 20.500c.8-4 3.700-6 7.500-6s6.700 2 7.500 6" />
    </>
  ),
  manage: (
    <>
      <path d="M4 7h9M17 7h3M4 12h3M11 12h9M4 17h7M15 17h5" />
      <circle cx={15} cy={7} r={2} />
      <circle cx={9} cy={12} r={2} />
      <circle cx={13} cy={17} r={2} />
    </>
  ),
};

export function Icon({ of }: { of: keyof typeof shapes }) {
  return (
    <svg
      viewBox="0 0 24 24"
      fill="none"
      stroke="currentColor"
      strokeWidth={1.8}
      strokeLinecap="round"
      strokeLinejoin="round"
      aria-hidden="true"
    >
      {shapes[of]}
    </svg>
  );
}

export function Logo() {
  return (
    <svg viewBox="0 0 32 32" aria-hidden="true">
      <rect width={32} height={32} rx={8} fill="#0b5a52" />
      <path d="M7 21V8l8 13zM17 21V11l7 10z" fill="#f6b44b" />
      <path d="M5 23h22c-1 2.500-3 4-5.500 4h-11C8 27 6 25.500 5 23z" fill="#fff" />
    </svg>
  );
}

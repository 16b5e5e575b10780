/** Unit and contract tests run beside their sources; end-to-end tests have a configuration of their own. */
export default {
  testEnvironment: 'node',
  roots: [
    '<rootDir>/src',
    '<rootDir>/hack',
    '<rootDir>/test/contract',
    '<rootDir>/test/differential',
    '<rootDir>/test/safety',
    '<rootDir>/test/invariants',
    '<rootDir>/bench',
  ],
  testMatch: ['**/*.test.ts'],
  extensionsToTreatAsEsm: ['.ts'],
  moduleNameMapper: { '^(\\.{1,2}/.*)\\.js$': '$1' },
  transform: {
    '^.+\\.ts$': [
      '@swc/jest',
      { jsc: { target: 'es2022', parser: { syntax: 'typescript' } }, module: { type: 'es6' } },
    ],
  },
  testTimeout: 20_000,
  maxWorkers: '100%',
  // Modules of each test file stay in memory for as long as its worker lives.
  workerIdleMemoryLimit: '700MB',
}

/** For what must call no node. */
export const noNodes = (): Promise<never> => Promise.reject(new Error("a node is called"));

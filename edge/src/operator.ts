/** Stands for the operator as a caller, as an actor, and as the owner of shared nodes; no workspace has this id. */
export const OPERATOR = 'operator';

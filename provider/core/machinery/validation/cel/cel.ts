import { ownMember } from "../../../ownMember";
import { CEL_FUNCTIONS, CEL_OPERATORS } from "./celFunctions";
import { type CelNode, CelFault, parseCel } from "./celParser";
import {
  BOOL,
  BYTES,
  type CelType,
  DOUBLE,
  DYN,
  fits,
  INT,
  joined,
  listOf,
  mapOf,
  NULL,
  optionalOf,
  STRING,
  typeOfType,
  UINT,
} from "./celTypes";

/** The names that an expression may use, with the types of what they stand for. */
export interface CelEnvironment {
  readonly variables: Readonly<Record<string, CelType>>;
  /** Fields of the objects that variables are. */
  readonly objects: Readonly<Record<string, Readonly<Record<string, CelType>>>>;
  /** Functions beside those of the language: parameters and result. */
  readonly functions: Readonly<Record<string, { readonly parameters: readonly CelType[]; readonly result: CelType }>>;
  /** Whether the environment has optional values. */
  readonly optionals: boolean;
}

/** Whether a text is a CEL expression of a type, as cel-go parses and checks it. Source: google/cel-go v0.27.0, checker. */
export function isCelExpression(text: string, environment: CelEnvironment, result: CelType): boolean {
  try {
    const type = new CelChecker(environment).typeOf(parseCel(text), new Map());
    return type.kind === result.kind;
  } catch (error) {
    if (error instanceof CelFault) return false;
    throw error;
  }
}

/** Variables of macros around an expression. */
type Scope = ReadonlyMap<string, CelType>;

/** Operands within operands: long rows in many brackets, which no one means, would take the whole stack. */
const MOST_DEEP = 500;

class CelChecker {
  private depth = 0;

  constructor(private readonly environment: CelEnvironment) {}

  typeOf(node: CelNode, scope: Scope): CelType {
    this.depth += 1;
    if (this.depth > MOST_DEEP) throw new CelFault("nested too deep");
    const type = this.typeOfNode(node, scope);
    this.depth -= 1;
    return type;
  }

  private typeOfNode(node: CelNode, scope: Scope): CelType {
    switch (node.kind) {
      case "literal":
        return node.type;
      case "name":
        return this.typeOfName(node.name, node.isGlobal === true ? new Map() : scope);
      case "select":
        return this.typeOfField(this.typeOf(node.object, scope), node.field, node.optional);
      case "index":
        return this.typeOfIndex(this.typeOf(node.object, scope), this.typeOf(node.index, scope), node.optional);
      case "call":
        return this.typeOfCall(node, scope);
      case "list":
        return listOf(this.joinedType(node.items, scope));
      case "map":
        return mapOf(
          this.joinedType(
            node.entries.map(([key]) => key),
            scope,
          ),
          this.joinedType(
            node.entries.map(([, value]) => value),
            scope,
          ),
        );
      case "message":
        throw new CelFault(`no message ${node.name}`);
    }
  }

  private joinedType(nodes: readonly CelNode[], scope: Scope): CelType {
    return (
      nodes
        .map((node) => this.typeOf(node, scope))
        .reduce<CelType | undefined>((left, right) => (left === undefined ? right : joined(left, right)), undefined) ??
      DYN
    );
  }

  private typeOfName(name: string, scope: Scope): CelType {
    const type = scope.get(name) ?? ownMember(this.environment.variables, name) ?? ownMember(TYPE_NAMES, name);
    if (type === undefined) throw new CelFault(`undeclared ${name}`);
    return type;
  }

  private typeOfField(object: CelType, field: string, optional: boolean): CelType {
    if (object.kind === "optional") return optionalOf(this.typeOfField(object.of[0]!, field, false));
    const type = this.plainField(object, field);
    return optional ? optionalOf(type) : type;
  }

  private plainField(object: CelType, field: string): CelType {
    if (object.kind === "dyn") return DYN;
    if (object.kind === "map") return object.of[1]!;
    const type = object.kind === "object" ? ownMember(this.environment.objects[object.name] ?? {}, field) : undefined;
    if (type === undefined) throw new CelFault(`no field ${field}`);
    return type;
  }

  private typeOfIndex(object: CelType, index: CelType, optional: boolean): CelType {
    if (object.kind === "optional") return optionalOf(this.typeOfIndex(object.of[0]!, index, false));
    if (object.kind === "dyn") return optional ? optionalOf(DYN) : DYN;
    const [key, value] = object.kind === "list" ? [INT, object.of[0]!] : [object.of[0]!, object.of[1]!];
    if (!["list", "map"].includes(object.kind) || !fits(index, key)) throw new CelFault("no such index");
    return optional ? optionalOf(value) : value;
  }

  private typeOfCall(node: CelNode & { kind: "call" }, scope: Scope): CelType {
    const macro = this.typeOfMacro(node, scope);
    if (macro !== undefined) return macro;
    const target = node.target === undefined ? undefined : this.optionalNamespace(node, scope);
    if (target === "optional") return this.optionalCall(node, scope);
    const values = [
      ...(target === undefined ? [] : [target]),
      ...node.args.map((argument) => this.typeOf(argument, scope)),
    ];
    const own = target === undefined ? ownMember(this.environment.functions, node.name) : undefined;
    if (
      own !== undefined &&
      own.parameters.length === values.length &&
      own.parameters.every((parameter, index) => fits(values[index]!, parameter))
    )
      return own.result;
    const overloads =
      target === undefined
        ? (ownMember(CEL_OPERATORS, node.name) ?? ownMember(CEL_FUNCTIONS.plain, node.name))
        : ownMember(CEL_FUNCTIONS.method, node.name);
    const result = overloads === undefined ? undefined : resultOf(overloads(values, this.environment.optionals));
    if (result === undefined) throw new CelFault(`no overload of ${node.name}`);
    return result;
  }

  /** The type of what a method is called on; `optional.of(…)` is called on nothing. */
  private optionalNamespace(node: CelNode & { kind: "call" }, scope: Scope): CelType | "optional" {
    const { target } = node;
    const isNamespace =
      target?.kind === "name" && target.name === "optional" && this.environment.optionals && !scope.has("optional");
    return isNamespace ? "optional" : this.typeOf(target!, scope);
  }

  private optionalCall({ name, args }: CelNode & { kind: "call" }, scope: Scope): CelType {
    const values = args.map((argument) => this.typeOf(argument, scope));
    if (name === "none" && values.length === 0) return optionalOf(DYN);
    if (["of", "ofNonZeroValue"].includes(name) && values.length === 1) return optionalOf(values[0]!);
    throw new CelFault(`no optional.${name}`);
  }

  /** `has(a.b)` and what goes over a list or the keys of a map. */
  private typeOfMacro({ name, target, args }: CelNode & { kind: "call" }, scope: Scope): CelType | undefined {
    if (name === "has" && target === undefined && args.length === 1) {
      const [field] = args;
      if (field?.kind !== "select") throw new CelFault("has() needs a field");
      this.typeOf(field, scope);
      return BOOL;
    }
    if (target === undefined || !isMacro(name, args.length, this.environment.optionals)) return undefined;
    const [variable, ...bodies] = args;
    if (variable?.kind !== "name" || variable.isGlobal === true)
      throw new CelFault(`${name}() needs the name of a variable`);
    // Once: twice per macro would double the work with each one in a row.
    const collection = this.typeOf(target, scope);
    const inner = new Map(scope).set(variable.name, this.elementOf(collection, name));
    const types = bodies.map((body) => this.typeOf(body, inner));
    return this.macroResult(name, types, collection);
  }

  private elementOf(type: CelType, macro: string): CelType {
    if (type.kind === "dyn") return DYN;
    const takes = macro.startsWith("opt") ? ["optional"] : ["list", "map"];
    if (!takes.includes(type.kind)) throw new CelFault(`${macro}() on no collection`);
    return type.of[0]!;
  }

  private macroResult(name: string, types: readonly CelType[], target: CelType): CelType {
    const last = types.at(-1)!;
    const conditions = ["map", "optMap", "optFlatMap"].includes(name) ? types.slice(0, -1) : types;
    if (!conditions.every((type) => fits(type, BOOL))) throw new CelFault(`${name}() needs a condition`);
    switch (name) {
      case "map":
        return listOf(last);
      case "filter":
        return target.kind === "map" ? listOf(target.of[0]!) : target;
      case "optMap":
        return optionalOf(last);
      case "optFlatMap":
        return last;
      default:
        return BOOL;
    }
  }
}

function isMacro(name: string, count: number, optionals: boolean): boolean {
  if (["all", "exists", "exists_one", "existsOne", "filter"].includes(name)) return count === 2;
  if (name === "map") return count === 2 || count === 3;
  return optionals && ["optMap", "optFlatMap"].includes(name) && count === 2;
}

/** The one result of the overloads that fit; several make it dynamic. */
function resultOf(results: readonly CelType[]): CelType | undefined {
  const [first, ...others] = results;
  if (first === undefined) return undefined;
  return others.every((other) => other.kind === first.kind && fits(other, first)) ? first : DYN;
}

const TYPE_NAMES: Readonly<Record<string, CelType>> = Object.fromEntries(
  [BOOL, BYTES, DOUBLE, DYN, INT, NULL, STRING, UINT].map((type) => [
    type.kind === "null" ? "null_type" : type.kind,
    typeOfType(type),
  ]),
);

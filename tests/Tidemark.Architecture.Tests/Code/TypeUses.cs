using System.Reflection;
using System.Reflection.Emit;

namespace Tidemark.Architecture.Tests.Code;

/// <summary>
/// Which types a compiled type uses: bases, members, attributes, and everything that the bodies of its methods mention. Compiler-made
/// nested types (lambdas, state machines) are types of their own here; their namespace is that of the type around them.
/// </summary>
internal static class TypeUses
{
    private const BindingFlags Declared =
        BindingFlags.Public | BindingFlags.NonPublic | BindingFlags.Instance | BindingFlags.Static | BindingFlags.DeclaredOnly;

    private static readonly Dictionary<int, OpCode> OpCodesByValue = typeof(OpCodes).GetFields()
        .Select(field => (OpCode)field.GetValue(null)!)
        .ToDictionary(code => (int)(ushort)code.Value);

    public static IReadOnlySet<Type> Of(Type type)
    {
        var uses = new HashSet<Type>();
        Add(uses, type.BaseType);
        AddAll(uses, type.GetInterfaces());
        AddAll(uses, type.GetGenericArguments().SelectMany(argument => argument.GetGenericParameterConstraints()));
        AddAll(uses, type.CustomAttributes.Select(attribute => attribute.AttributeType));
        foreach (FieldInfo field in type.GetFields(Declared))
            Add(uses, field.FieldType);
        foreach (PropertyInfo property in type.GetProperties(Declared))
            Add(uses, property.PropertyType);
        foreach (MethodBase method in type.GetMethods(Declared).Cast<MethodBase>().Concat(type.GetConstructors(Declared)))
            AddMethod(uses, method);
        return uses;
    }

    private static void AddMethod(HashSet<Type> uses, MethodBase method)
    {
        AddSignature(uses, method);
        AddAll(uses, method.CustomAttributes.Select(attribute => attribute.AttributeType));
        MethodBody? body = method.GetMethodBody();
        if (body is null)
            return;

        AddAll(uses, body.LocalVariables.Select(local => local.LocalType));
        AddAll(uses, body.ExceptionHandlingClauses
            .Where(clause => clause.Flags == ExceptionHandlingClauseOptions.Clause)
            .Select(clause => clause.CatchType));
        foreach (int token in Tokens(body.GetILAsByteArray()!))
            AddMember(uses, Resolve(method, token));
    }

    private static void AddMember(HashSet<Type> uses, MemberInfo? member)
    {
        if (member is Type type)
        {
            Add(uses, type);
            return;
        }

        Add(uses, member?.DeclaringType);
        if (member is FieldInfo field)
            Add(uses, field.FieldType);
        if (member is MethodBase method)
            AddSignature(uses, method);
    }

    private static void AddSignature(HashSet<Type> uses, MethodBase method)
    {
        AddAll(uses, method.GetParameters().Select(parameter => parameter.ParameterType));
        if (method is MethodInfo function)
            Add(uses, function.ReturnType);
        if (!method.IsGenericMethod)
            return;

        foreach (Type argument in method.GetGenericArguments())
        {
            Add(uses, argument);
            if (argument.IsGenericParameter)
                AddAll(uses, argument.GetGenericParameterConstraints());
        }
    }

    private static void AddAll(HashSet<Type> uses, IEnumerable<Type?> types)
    {
        foreach (Type? type in types)
            Add(uses, type);
    }

    private static void Add(HashSet<Type> uses, Type? type)
    {
        if (type is null || type.IsGenericParameter)
            return;
        if (type.HasElementType)
        {
            Add(uses, type.GetElementType());
            return;
        }

        if (type.IsGenericType)
            AddAll(uses, type.GetGenericArguments());
        uses.Add(type.IsGenericType ? type.GetGenericTypeDefinition() : type);
    }

    private static MemberInfo? Resolve(MethodBase method, int token)
    {
        Type[]? ofType = method.DeclaringType is { IsGenericType: true } type ? type.GetGenericArguments() : null;
        Type[]? ofMethod = method.IsGenericMethod ? method.GetGenericArguments() : null;
        return method.Module.ResolveMember(token, ofType, ofMethod);
    }

    /// <summary>The metadata tokens of members and types in a method's body.</summary>
    private static IEnumerable<int> Tokens(byte[] il)
    {
        for (int at = 0; at < il.Length;)
        {
            int value = il[at++];
            if (value == 0xFE)
                value = (value << 8) | il[at++];
            OpCode code = OpCodesByValue[value];
            if (code.OperandType is OperandType.InlineField or OperandType.InlineMethod or OperandType.InlineTok or OperandType.InlineType)
                yield return BitConverter.ToInt32(il, at);
            at += OperandSize(code.OperandType, il, at);
        }
    }

    private static int OperandSize(OperandType operand, byte[] il, int at) => operand switch
    {
        OperandType.InlineNone => 0,
        OperandType.ShortInlineBrTarget or OperandType.ShortInlineI or OperandType.ShortInlineVar => 1,
        OperandType.InlineVar => 2,
        OperandType.InlineI8 or OperandType.InlineR => 8,
        OperandType.InlineSwitch => 4 + 4 * BitConverter.ToInt32(il, at),
        _ => 4,
    };
}
